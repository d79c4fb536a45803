import { NothingHere } from "#components/nothing-here.tsx";

export default function NotFound() {
  return (
    <main className="grid min-h-[60dvh] place-items-center">
      <NothingHere />
    </main>
  );
}
