import type { ReactNode } from "react";
import { ButtonLink } from "#components/button.tsx";
import { Card } from "#components/card.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { PageHeader } from "#components/page-header.tsx";

type Props = { title: ReactNode; secretKey: string; why: { title: string; sentence: string } };

/** Her role would allow it: what stands in the way, and what to do about that. */
export function NotNow({ title, secretKey, why }: Props) {
  return (
    <>
      <PageHeader title={title} />
      <Card>
        <EmptyState {...why}>
          <ButtonLink href={`/secrets/${secretKey}`} isPrimary>
            Back
          </ButtonLink>
        </EmptyState>
      </Card>
    </>
  );
}
