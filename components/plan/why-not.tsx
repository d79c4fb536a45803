import { TriangleAlert } from "lucide-react";
import { Notice } from "../notice.tsx";

/** Why there is no plan yet, where it is looked for. */
export function WhyNot({ sentence }: { sentence: string | null }) {
  if (sentence === null) return null;
  return (
    <div className="border-line border-t px-5 py-4">
      <Notice tone="honey" icon={<TriangleAlert />}>
        {sentence}
      </Notice>
    </div>
  );
}
