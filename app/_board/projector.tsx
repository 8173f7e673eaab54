"use client";

import { X } from "lucide-react";
import QRCode from "qrcode";
import { Dialog as Radix } from "radix-ui";
import { useMemo } from "react";
import { Button } from "@/app/_ui/button";
import { Logo } from "@/app/_ui/logo";
import { formatCode } from "@/server/protocol/codes";
import type { BoardView } from "@/server/protocol/views";

interface ProjectorProps {
  readonly board: BoardView;
  readonly code: string;
  readonly onClose: () => void;
}

/** What the room sees: the address, the code as large as it goes, and both as a QR code. */
export function Projector({ board, code, onClose }: ProjectorProps) {
  const link = `${location.origin}/#${code}`;
  return (
    <Radix.Root
      open
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Radix.Portal>
        <Radix.Content
          aria-describedby={undefined}
          className="bg-canvas animate-appear fixed inset-0 z-50 flex flex-col overflow-auto p-[4vmin] outline-none"
        >
          <header className="flex items-center justify-between">
            <Logo />
            <Radix.Close asChild>
              <Button tone="quiet" size="icon" aria-label="Close">
                <X aria-hidden />
              </Button>
            </Radix.Close>
          </header>
          <div className="m-auto grid items-center gap-[6vmin] py-[4vmin] md:grid-cols-[1fr_auto]">
            <div>
              <Radix.Title className="text-ink-soft text-[clamp(1rem,2.6vmin,2rem)]">
                {board.workshopTitle}
              </Radix.Title>
              <p className="mt-[3vmin] text-[clamp(1.5rem,5vmin,4rem)] font-medium tracking-[-0.02em]">
                {location.host}
              </p>
              <p className="text-accent mt-[1vmin] font-mono text-[clamp(3rem,13vmin,10rem)] leading-none font-semibold tracking-[0.03em] whitespace-nowrap">
                {formatCode(code)}
              </p>
              <p className="text-ink-faint mt-[3vmin] text-[clamp(0.9rem,2.2vmin,1.5rem)]">
                {board.attendees.length} of {board.capacity} are in
              </p>
            </div>
            <QrCode text={link} />
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const QUIET_ZONE = 4;

/** Dark on light in both themes: many phones read it no other way. */
function QrCode({ text }: { readonly text: string }) {
  const { size, path } = useMemo(() => {
    const { modules } = QRCode.create(text, { errorCorrectionLevel: "M" });
    const cells: string[] = [];
    for (let index = 0; index < modules.data.length; index += 1) {
      const [x, y] = [index % modules.size, Math.floor(index / modules.size)];
      if (modules.data[index] === 1)
        cells.push(`M${String(x + QUIET_ZONE)} ${String(y + QUIET_ZONE)}h1v1h-1z`);
    }
    return { size: modules.size + 2 * QUIET_ZONE, path: cells.join("") };
  }, [text]);
  return (
    <svg
      role="img"
      aria-label={`QR code of ${text}`}
      viewBox={`0 0 ${String(size)} ${String(size)}`}
      className="w-[min(46vmin,70vw)] rounded-lg bg-white"
      shapeRendering="crispEdges"
    >
      <path d={path} fill="#0d1418" />
    </svg>
  );
}
