import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { pseudonym } from "../../../lambdas/competitions/rules/pseudonym.ts";

const [key, other] = ["6a0f2a6e-6a3a-4d5c-9a53-0d1f5b0a7c11", "d5b7c1de-8d5c-4f0e-8ab7-2f1c9b1f7e22"];
const alone = (owner_id: number) => ({ owner_id, organization: null });
const team = (id: number, owner_id: number) => ({ owner_id, organization: { id } });

describe("pseudonyms (A-105)", () => {
  it("stay the same within a competition and differ between competitions", () => {
    assert.match(pseudonym(key, alone(1)), /^Participant [0-9a-f]{8}$/);
    assert.equal(pseudonym(key, alone(1)), pseudonym(key, alone(1)));
    assert.notEqual(pseudonym(key, alone(1)), pseudonym(other, alone(1)));
  });

  it("belong to the organization if a submission was made for one, whoever submitted", () => {
    assert.equal(pseudonym(key, team(7, 1)), pseudonym(key, team(7, 2)));
    assert.notEqual(pseudonym(key, team(1, 1)), pseudonym(key, alone(1)));
  });

  it("are unique among a thousand participants", () => {
    assert.equal(new Set(Array.from({ length: 1000 }, (_, id) => pseudonym(key, alone(id)))).size, 1000);
  });
});
