import { SHORTCUTS } from "@/app/_lib/shortcuts";

const TERMINAL_KEYS = [
  { label: "Copy the selection", keys: "Ctrl+C or Ctrl+Shift+C, ⌘C" },
  { label: "Interrupt (nothing selected)", keys: "Ctrl+C" },
  { label: "Paste", keys: "Ctrl+V, Ctrl+Shift+V, Shift+Insert, ⌘V" },
  { label: "Leave the terminal", keys: "F6 or Ctrl+Shift+Esc" },
] as const;

/** Every key of the lab page. On macOS, ⌘ does what Ctrl does outside of the terminal. */
export function KeysTable() {
  return (
    <div className="space-y-5 text-[13px]">
      <Keys title="Everywhere but in a terminal" rows={SHORTCUTS} />
      <Keys title="In a terminal" rows={TERMINAL_KEYS} />
      <p className="text-ink-faint text-xs">
        In a terminal, Alt and Ctrl with a letter belong to the shell. Ctrl+Shift+K and Ctrl+Shift+F work
        there too.
      </p>
    </div>
  );
}

interface KeysProps {
  readonly title: string;
  readonly rows: readonly { readonly label: string; readonly keys: string }[];
}

function Keys({ title, rows }: KeysProps) {
  return (
    <section>
      <h3 className="text-ink-faint mb-1 text-xs">{title}</h3>
      <dl className="divide-line divide-y">
        {rows.map(({ label, keys }) => (
          <div key={label} className="flex items-center justify-between gap-4 py-1.5">
            <dt>{label}</dt>
            <dd className="label-mono text-ink-soft text-right">{keys}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
