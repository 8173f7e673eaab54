"use client";

import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { classNames } from "@/app/_lib/class-names";

interface MenuProps {
  readonly trigger: ReactNode;
  readonly children: ReactNode;
}

/** A menu under a button. The trigger is one button element. */
export function Menu({ trigger, children }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="animate-appear bg-panel border-line-strong shadow-float z-50 min-w-56 rounded-lg border p-1 outline-none"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface MenuItemProps {
  readonly icon?: ReactNode;
  readonly shortcut?: string | undefined;
  readonly onSelect: () => void;
  readonly children: ReactNode;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
}

/** One line of a menu. */
export function MenuItem({
  icon,
  shortcut,
  onSelect,
  children,
  isDanger = false,
  isDisabled = false,
}: MenuItemProps) {
  return (
    <Radix.Item
      disabled={isDisabled}
      onSelect={onSelect}
      className={classNames(
        "data-[disabled]:cursor-default data-[disabled]:opacity-55 data-[highlighted]:bg-raised flex h-8 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-[13px] outline-none [&_svg]:size-4",
        isDanger ? "text-bad" : "text-ink-soft data-[highlighted]:text-ink",
      )}
    >
      {icon}
      <span className="flex-1">{children}</span>
      {shortcut !== undefined && <kbd className="label-mono text-ink-faint">{shortcut}</kbd>}
    </Radix.Item>
  );
}

/** A line between groups. */
export function MenuSeparator() {
  return <Radix.Separator className="bg-line my-1 h-px" />;
}

/** What the lines below belong to. */
export function MenuLabel({ children }: { readonly children: ReactNode }) {
  return <Radix.Label className="text-ink-faint px-2.5 pt-1.5 pb-1 text-xs">{children}</Radix.Label>;
}
