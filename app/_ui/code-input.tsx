"use client";

import { useLayoutEffect, useRef, type ComponentProps } from "react";
import { formatTypedCode } from "@/app/_lib/code-field";
import { Field } from "./field";

interface CodeInputProps extends Omit<ComponentProps<typeof Field>, "value" | "onChange" | "ref"> {
  readonly value: string;
  readonly onCode: (code: string) => void;
}

/** A field for a code: groups of four as it is typed or pasted, the caret staying where the reader works. */
export function CodeInput({ value, onCode, ...field }: CodeInputProps) {
  const caret = useRef<number | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (caret.current === null || document.activeElement !== input.current) return;
    input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [value]);
  return (
    <Field
      {...field}
      ref={input}
      value={value}
      onChange={({ target }) => {
        const typed = formatTypedCode(target.value, target.selectionStart ?? target.value.length);
        caret.current = typed.caret;
        onCode(typed.text);
      }}
      autoComplete="off"
      autoCapitalize="characters"
      autoCorrect="off"
      spellCheck={false}
      inputClassName="h-14 font-mono text-2xl tracking-[0.08em] uppercase placeholder:text-ink-faint/60"
    />
  );
}
