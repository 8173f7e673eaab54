"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleUser, LogOut, Presentation } from "lucide-react";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { useTRPC } from "@/app/_lib/api";
import { signOut } from "@/app/_lib/auth";
import { Button } from "./button";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "./menu";
import { ThemeMenuItems } from "./theme-menu-items";

/** Theme and account, on every page; a page adds lines of its own. */
export function AccountMenu({ children }: { readonly children?: ReactNode }) {
  const trpc = useTRPC();
  const router = useRouter();
  const viewer = useQuery(trpc.accounts.viewer.queryOptions()).data ?? null;
  return (
    <Menu
      trigger={
        <Button tone="quiet" size="icon" aria-label="Account and settings">
          <CircleUser aria-hidden />
        </Button>
      }
    >
      {viewer !== null && <MenuLabel>{viewer.displayName}</MenuLabel>}
      {children}
      {viewer !== null && viewer.role !== "attendee" && (
        <MenuItem
          icon={<Presentation aria-hidden />}
          onSelect={() => {
            router.push("/teach");
          }}
        >
          Cohorts
        </MenuItem>
      )}
      <MenuLabel>Theme</MenuLabel>
      <ThemeMenuItems />
      {viewer !== null && (
        <>
          <MenuSeparator />
          <MenuItem icon={<LogOut aria-hidden />} onSelect={() => void signOut()}>
            Sign out
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
