import { ButtonLink } from "./button.tsx";
import { Card } from "./card.tsx";
import { EmptyState } from "./empty-state.tsx";

/** What a page says to whoever may not do what it is for. */
export function NotAllowed({ backHref }: { backHref: string }) {
  return (
    <Card>
      <EmptyState
        title="Your role does not allow this"
        sentence="Nothing was changed. Ask an administrator to do it, or to give you the role for it."
      >
        <ButtonLink href={backHref} isPrimary>
          Back
        </ButtonLink>
      </EmptyState>
    </Card>
  );
}
