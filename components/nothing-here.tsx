import { ButtonLink } from "./button.tsx";
import { EmptyState } from "./empty-state.tsx";

/** What a page says that does not exist, or no more. */
export function NothingHere() {
  return (
    <EmptyState
      title="There is nothing at this address"
      sentence="What it named may have been removed, or the address may have been cut off on its way."
    >
      <ButtonLink href="/" isPrimary>
        To the overview
      </ButtonLink>
      <ButtonLink href="/audit">What happened lately</ButtonLink>
    </EmptyState>
  );
}
