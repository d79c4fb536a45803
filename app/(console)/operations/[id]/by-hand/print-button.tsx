"use client";

import { Printer } from "lucide-react";
import { Button } from "#components/button.tsx";

/** For the day when this page cannot be opened any more. */
export function PrintButton() {
  return (
    <Button icon={<Printer />} onClick={() => window.print()}>
      Print
    </Button>
  );
}
