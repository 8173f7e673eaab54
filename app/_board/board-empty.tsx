import { formatCode } from "@/server/protocol/codes";
import type { BoardView } from "@/server/protocol/views";

/** A room where nobody is yet: what to put on the slide. */
export function BoardEmpty({ board }: { readonly board: BoardView }) {
  return (
    <div className="m-auto max-w-md p-8 text-center">
      <h2 className="text-[15px] font-medium">Nobody has joined yet</h2>
      {board.joinCode === null ? (
        <p className="text-ink-soft mt-1 text-[13px]">
          There is no valid join code. Make a new one at the top, then show it to the room.
        </p>
      ) : (
        <>
          <p className="text-ink-soft mt-1 text-[13px]">
            Show this to the room. A row appears here with each join.
          </p>
          <p className="mt-6 font-mono text-4xl tracking-[0.06em]">{formatCode(board.joinCode)}</p>
        </>
      )}
    </div>
  );
}
