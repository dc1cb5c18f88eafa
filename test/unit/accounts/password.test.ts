import assert from "node:assert/strict";
import { it } from "@jest/globals";
import { passwordProblem } from "../../../lambdas/accounts/rules/password.ts";

const problem = (password: string) =>
  passwordProblem(password, { username: "robin", email: "robin@example.org" }, new Set(["password"]));

it("spaces around a password do not make it longer (A-163)", () => {
  for (const password of ["        ", "\u00a0".repeat(8), "       x", "short    "])
    assert.match(problem(password) ?? "", /at least 8 characters, not counting spaces/, JSON.stringify(password));
  assert.equal(problem(" a good one "), null);
});

it("a few characters that are repeated are refused, also if the last time is cut off (A-163)", () => {
  for (const password of ["xxxxxxxx", "1 1 1 1 1", "abcabcab", "abcdabcda"])
    assert.match(problem(password) ?? "", /repeats a few characters/, password);
  for (const password of ["robinrobin", "robinrob", "Robin@Example.org"])
    assert.match(problem(password) ?? "", /your name or address/, password);
  for (const password of ["abcdefga", "xxxxxxxy", "abcdeabcde"]) assert.equal(problem(password), null, password);
});
