import { NothingHere } from "#components/nothing-here.tsx";

/** Within the frame: whoever is signed in does not lose her way. */
export default function NotFound() {
  return (
    <div className="grid min-h-[50dvh] place-items-center">
      <NothingHere />
    </div>
  );
}
