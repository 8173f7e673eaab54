import type { Metadata } from "next";
import { BoardScreen } from "@/app/_board/board-screen";

export const metadata: Metadata = { title: "Board" };

export default async function Page({ params }: { readonly params: Promise<{ cohortId: string }> }) {
  return <BoardScreen cohortId={(await params).cohortId} />;
}
