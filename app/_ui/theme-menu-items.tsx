"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { MenuItem } from "./menu";

const THEMES = [
  { id: "dark", label: "Dark", icon: Moon },
  { id: "light", label: "Light", icon: Sun },
  { id: "system", label: "As the system", icon: Monitor },
] as const;

/** The lines of a menu that choose the theme; the one in use is marked in words too. */
export function ThemeMenuItems() {
  const { theme, setTheme } = useTheme();
  return THEMES.map(({ id, label, icon: Icon }) => (
    <MenuItem
      key={id}
      icon={<Icon aria-hidden />}
      shortcut={theme === id ? "in use" : undefined}
      onSelect={() => {
        setTheme(id);
      }}
    >
      {label}
    </MenuItem>
  ));
}
