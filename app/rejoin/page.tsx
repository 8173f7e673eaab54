import type { Metadata } from "next";
import { RejoinScreen } from "../_join/rejoin-screen";
import { PageFrame } from "../_ui/page-frame";

export const metadata: Metadata = { title: "Rejoin" };

export default function Page() {
  return (
    <PageFrame>
      <RejoinScreen />
    </PageFrame>
  );
}
