"use client";

import { useCallback, useState, type ReactNode } from "react";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";

export interface Question {
  readonly title: string;
  readonly description: string;
  readonly body?: ReactNode;
  readonly yes: string;
  readonly no: string;
  /** Which answer Enter gives. */
  readonly first: "yes" | "no";
}

interface OpenQuestion {
  readonly question: Question;
  readonly answer: (isYes: boolean) => void;
}

/** Asks the reader yes-or-no questions, one after the other. Closing one means no. */
export function useAsk() {
  const [questions, setQuestions] = useState<readonly OpenQuestion[]>([]);
  const open = questions[0] ?? null;
  const ask = useCallback(
    (question: Question) =>
      new Promise<boolean>((answer) => {
        setQuestions((waiting) => [...waiting, { question, answer }]);
      }),
    [],
  );
  const close = (isYes: boolean) => {
    open?.answer(isYes);
    setQuestions((waiting) => waiting.filter((each) => each !== open));
  };
  const dialog = open !== null && (
    <Dialog
      isOpen
      onClose={() => {
        close(false);
      }}
      title={open.question.title}
      description={open.question.description}
      footer={
        <>
          <Button
            data-focus-first={open.question.first === "no" ? "" : undefined}
            onClick={() => {
              close(false);
            }}
          >
            {open.question.no}
          </Button>
          <Button
            tone="primary"
            data-focus-first={open.question.first === "yes" ? "" : undefined}
            onClick={() => {
              close(true);
            }}
          >
            {open.question.yes}
          </Button>
        </>
      }
    >
      {open.question.body}
    </Dialog>
  );
  return { ask, dialog };
}
