"use client";

import { useEffect } from "react";
import { commandOf, type LabCommand } from "@/app/_lib/shortcuts";

/** Listens for the lab's shortcuts on the whole page, ahead of the terminal, and only for those. */
export function useLabKeys(onCommand: (command: LabCommand) => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isInTerminal = event.target instanceof Element && event.target.closest(".xterm") !== null;
      const command = commandOf(event, isInTerminal);
      if (command === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      onCommand(command);
    };
    window.addEventListener("keydown", onKeyDown, { capture: true });
    return () => {
      window.removeEventListener("keydown", onKeyDown, { capture: true });
    };
  }, [onCommand]);
}
