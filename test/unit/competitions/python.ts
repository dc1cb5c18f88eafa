import { spawnSync } from "node:child_process";

/**
 * Evaluates a Python expression for every value, which is named `value` in the expression. Codabench is written in
 * Python, so rules that say "as Python does" are tested against Python itself.
 */
export function askPython<Answer>(modules: string[], expression: string, values: unknown[]): Answer[] {
  const script = [
    `import ${["json", "sys", ...modules].join(", ")}`,
    "def answer(value):",
    `    try: return ${expression}`,
    "    except ValueError as error: return {'error': str(error)}",
    "print(json.dumps([answer(value) for value in json.load(sys.stdin)]))",
  ].join("\n");
  const { status, stdout, stderr, error } = spawnSync("python3", ["-c", script], {
    input: JSON.stringify(values),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`python3 ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Answer[];
}
