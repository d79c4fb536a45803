import { ButtonLink } from "#components/button.tsx";
import { EmptyState } from "#components/empty-state.tsx";

export default function NotFound() {
  return (
    <main className="grid min-h-[60dvh] place-items-center">
      <EmptyState
        title="There is nothing at this address"
        sentence="What it named may have been removed, or the address may have been cut off on its way."
      >
        <ButtonLink href="/" isPrimary>
          To the overview
        </ButtonLink>
        <ButtonLink href="/audit">What happened lately</ButtonLink>
      </EmptyState>
    </main>
  );
}
