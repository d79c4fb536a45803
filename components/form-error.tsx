import { TriangleAlert } from "lucide-react";
import { Notice } from "./notice.tsx";

/** What is wrong with the whole form, said aloud when it comes. */
export function FormError({ sentence }: { sentence: string | null }) {
  return (
    <div role="alert" className="empty:hidden">
      {sentence && (
        <Notice tone="red" icon={<TriangleAlert />}>
          {sentence}
        </Notice>
      )}
    </div>
  );
}
