"use client";

import { type ReactNode, useEffect, useState } from "react";
import { createPortal } from "react-dom";

/** Where the frame shows what a page is about. */
export const herePlace = "here";

/** Tells the frame what this page is about: the last crumb, which only the page knows. */
export function Here({ children }: { children: ReactNode }) {
  const [place, setPlace] = useState<HTMLElement | null>(null);
  useEffect(() => setPlace(document.getElementById(herePlace)), []);
  return place && createPortal(children, place);
}
