"use client";

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { classNames } from "@/app/_lib/class-names";
import { Button } from "./button";

interface DialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  readonly footer?: ReactNode;
  readonly className?: string;
}

/**
 * A modal dialog: focus begins at `data-focus-first`, stays inside, and returns where it was. Escape and the cross close it.
 */
export function Dialog({ isOpen, onClose, title, description, children, footer, className }: DialogProps) {
  return (
    <Radix.Root
      open={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Radix.Portal>
        <Radix.Overlay className="animate-appear fixed inset-0 z-40 bg-black/55" />
        <Radix.Content
          onOpenAutoFocus={(event) => {
            const wanted = (event.target as HTMLElement | null)?.querySelector<HTMLElement>(
              "[data-focus-first]",
            );
            if (wanted == null) return;
            event.preventDefault();
            wanted.focus();
          }}
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          className={classNames(
            "animate-appear bg-panel border-line-strong shadow-float fixed inset-x-4 top-[10vh] z-50 mx-auto flex max-h-[80vh] flex-col rounded-lg border outline-none",
            className ?? "max-w-lg",
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-ink text-[15px] font-semibold">{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description className="text-ink-soft mt-1 text-[13px]">
                  {description}
                </Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <Button tone="quiet" size="icon" className="-mt-1 -mr-2" aria-label="Close">
                <X aria-hidden />
              </Button>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer !== undefined && (
            <footer className="border-line flex flex-wrap justify-end gap-2 border-t px-5 py-3">
              {footer}
            </footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
