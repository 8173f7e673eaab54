"use client";

import { Box, Info, Replace, RotateCcw } from "lucide-react";
import { Button } from "@/app/_ui/button";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/app/_ui/menu";
import type { SandboxView } from "@/server/protocol/views";
import { mayReset, profileOf, profileWords } from "./profile-words";
import type { SandboxDialog } from "./sandbox-dialogs";

interface SandboxMenuProps {
  readonly sandbox: SandboxView;
  readonly onDialog: (dialog: SandboxDialog) => void;
}

/** What kind of sandbox it is, and what can be done about it. */
export function SandboxMenu({ sandbox, onDialog }: SandboxMenuProps) {
  const profile = profileOf(sandbox);
  const isDisabled = !mayReset(sandbox);
  return (
    <Menu
      trigger={
        <Button
          tone="quiet"
          size="icon"
          aria-label="Your sandbox"
          title="Your sandbox: about, reset, replace"
        >
          <Box aria-hidden />
        </Button>
      }
    >
      <MenuLabel>
        {profile === undefined ? "Your sandbox" : `Your sandbox: ${profileWords(profile).name}`}
      </MenuLabel>
      <MenuItem
        icon={<Info aria-hidden />}
        onSelect={() => {
          onDialog("about");
        }}
      >
        About it
      </MenuItem>
      <MenuSeparator />
      <MenuItem
        icon={<RotateCcw aria-hidden />}
        isDisabled={isDisabled}
        onSelect={() => {
          onDialog("reset");
        }}
      >
        Reset it…
      </MenuItem>
      <MenuItem
        icon={<Replace aria-hidden />}
        isDisabled={isDisabled}
        isDanger
        onSelect={() => {
          onDialog("replace");
        }}
      >
        Replace it…
      </MenuItem>
    </Menu>
  );
}
