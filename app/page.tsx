import { JoinScreen } from "./_join/join-screen";
import { PageFrame } from "./_ui/page-frame";

export default function Page() {
  return (
    <PageFrame>
      <JoinScreen />
    </PageFrame>
  );
}
