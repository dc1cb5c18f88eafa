import { ProblemPage } from "./problem.tsx";
import { useTexts } from "./texts.ts";

export function NotFound() {
  const t = useTexts();
  return (
    <ProblemPage title={t.notFoundTitle}>
      <p>{t.notFound}</p>
    </ProblemPage>
  );
}
