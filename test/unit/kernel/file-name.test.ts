import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { attachment, fileName } from "../../../lambdas/kernel/objects/file-name.ts";
import { uploadKey } from "../../../lambdas/kernel/objects/upload-key.ts";

describe("the name of a downloaded file", () => {
  for (const [given, name] of [
    ["results.zip", "results.zip"],
    ["Büro 2.tar.gz", "Büro 2.tar.gz"],
    ["../../etc/passwd", ".._.._etc_passwd"],
    ["C:\\a\\b.zip", "C__a_b.zip"],
    ['a<b>c:"d|e?f*.zip', "a_b_c__d_e_f_.zip"],
    ["a\u0000b\r\nc\u202egpj.zip", "a_b__c_gpj.zip"],
    ["ends with dots. . ", "ends with dots"],
    [".", "file"],
    ["..", "file"],
    ["", "file"],
    [".. .", "file"],
    ["..a", "..a"],
  ])
    it(`is ${JSON.stringify(name)} for ${JSON.stringify(given)} (A-85)`, () => {
      assert.equal(fileName(given!), name);
    });

  it("never names a folder in the key of an upload (A-151)", () => {
    const names = ["", ".", "..", "...", "..zip", "ü"].map((name) => uploadKey("submission", "1", name));
    assert.deepEqual(
      names,
      ["file", "file", "file", "...", "..zip", "_"].map((name) => `submission/1/${name}`),
    );
  });

  it("is safe in a header, for old clients too", () => {
    assert.equal(
      attachment('a"/\u202eb\r\nü (1)%.zip'),
      "attachment; filename=\"a___b___ (1)_.zip\"; filename*=UTF-8''a___b__%C3%BC%20%281%29%25.zip",
    );
  });

  it("has at most 200 bytes, whole characters and its ending", () => {
    const long = fileName(`${"ü".repeat(300)}.zip`);
    assert.equal(long, `${"ü".repeat(98)}.zip`);
  });
});
