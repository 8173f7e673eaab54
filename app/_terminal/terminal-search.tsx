"use client";

import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/app/_ui/button";
import type { TerminalScreen } from "./terminal-screen";

interface TerminalSearchProps {
  readonly screen: TerminalScreen;
  readonly onClose: () => void;
}

/** Finds text in the scrollback: Enter for the one before, Shift+Enter for the one after, Escape to end. */
export function TerminalSearch({ screen, onClose }: TerminalSearchProps) {
  const [text, setText] = useState("");
  const [isFound, setIsFound] = useState(true);
  const find = (direction: "next" | "previous", what = text) => {
    setIsFound(what === "" || screen.find(what, direction));
  };
  return (
    <div
      role="search"
      className="animate-appear bg-panel border-line-strong shadow-float absolute top-2 right-4 z-20 flex items-center gap-1 rounded-lg border p-1"
    >
      <input
        // eslint-disable-next-line jsx-a11y/no-autofocus -- opened on purpose, to type into
        autoFocus
        aria-label="Search in the terminal"
        value={text}
        placeholder="Search"
        onChange={(event) => {
          setText(event.target.value);
          find("previous", event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose();
          if (event.key === "Enter") find(event.shiftKey ? "next" : "previous");
        }}
        className="text-ink h-7 w-44 bg-transparent px-2 text-[13px] outline-none"
      />
      <span role="status" className="text-bad w-16 text-xs">
        {isFound ? "" : "not found"}
      </span>
      <Button
        tone="quiet"
        size="icon"
        aria-label="Previous match"
        onClick={() => {
          find("previous");
        }}
      >
        <ChevronUp aria-hidden />
      </Button>
      <Button
        tone="quiet"
        size="icon"
        aria-label="Next match"
        onClick={() => {
          find("next");
        }}
      >
        <ChevronDown aria-hidden />
      </Button>
      <Button tone="quiet" size="icon" aria-label="End the search" onClick={onClose}>
        <X aria-hidden />
      </Button>
    </div>
  );
}
