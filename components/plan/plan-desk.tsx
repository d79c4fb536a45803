"use client";

import {
  createContext,
  type ReactNode,
  type TransitionStartFunction,
  useContext,
  useState,
  useTransition,
} from "react";

type Desk = {
  /** A new plan is being made: the one in sight is not what the options say. */
  isPending: boolean;
  start: TransitionStartFunction;
  /** The question was answered; its options are of no use any more. */
  isOver: boolean;
  setOver: (isOver: boolean) => void;
};

const Context = createContext<Desk>({ isPending: false, start: (work) => work(), isOver: false, setOver: () => {} });

/** What the options of a plan and the plan's own form know of each other. */
export function PlanDesk({ children }: { children: ReactNode }) {
  const [isPending, start] = useTransition();
  const [isOver, setOver] = useState(false);
  return <Context value={{ isPending, start, isOver, setOver }}>{children}</Context>;
}

export function usePlanDesk(): Desk {
  return useContext(Context);
}
