"use client";

import { Accessibility, ClipboardPaste, Copy, Search, Settings2, ZoomIn, ZoomOut } from "lucide-react";
import { Button } from "@/app/_ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/app/_ui/menu";

interface TerminalMenuProps {
  readonly fontSize: number;
  readonly isScreenReader: boolean;
  readonly onCopy: () => void;
  readonly onPaste: () => void;
  readonly onSearch: () => void;
  readonly onFontSize: (fontSize: number) => void;
  readonly onScreenReader: (isOn: boolean) => void;
}

export const FONT_SIZE = { initial: 13, min: 10, max: 22 } as const;

/** What the terminal offers by hand: copy, paste, search; and how it is read. */
export function TerminalMenu(props: TerminalMenuProps) {
  const { fontSize, isScreenReader, onCopy, onPaste, onSearch, onFontSize, onScreenReader } = props;
  return (
    <div className="flex items-center">
      <Button
        tone="quiet"
        size="icon"
        aria-label="Copy the selection"
        title="Copy (Ctrl+Shift+C)"
        onClick={onCopy}
      >
        <Copy aria-hidden />
      </Button>
      <Button tone="quiet" size="icon" aria-label="Paste" title="Paste (Ctrl+V)" onClick={onPaste}>
        <ClipboardPaste aria-hidden />
      </Button>
      <Menu
        trigger={
          <Button tone="quiet" size="icon" aria-label="Terminal settings">
            <Settings2 aria-hidden />
          </Button>
        }
      >
        <MenuItem icon={<Search aria-hidden />} shortcut="Ctrl+Shift+F" onSelect={onSearch}>
          Search
        </MenuItem>
        <MenuSeparator />
        <MenuItem
          icon={<ZoomIn aria-hidden />}
          shortcut={`${String(fontSize)} px`}
          onSelect={() => {
            onFontSize(Math.min(FONT_SIZE.max, fontSize + 1));
          }}
        >
          Larger text
        </MenuItem>
        <MenuItem
          icon={<ZoomOut aria-hidden />}
          onSelect={() => {
            onFontSize(Math.max(FONT_SIZE.min, fontSize - 1));
          }}
        >
          Smaller text
        </MenuItem>
        <MenuSeparator />
        <MenuItem
          icon={<Accessibility aria-hidden />}
          shortcut={isScreenReader ? "on" : "off"}
          onSelect={() => {
            onScreenReader(!isScreenReader);
          }}
        >
          Screen reader mode
        </MenuItem>
      </Menu>
    </div>
  );
}
