import assert from "node:assert/strict";
import { test } from "node:test";
import { findProgram, type Surroundings } from "../src/finding";

function here(files: string[], change: Partial<Surroundings> = {}): Surroundings {
  return {
    setting: "", interpreter: undefined, workspaceFolder: "/project", home: "/home/me", PATH: "/usr/bin:/opt/bin",
    windows: false, isFile: (file) => files.includes(file), ...change,
  };
}

const CASES: [string, Surroundings, string][] = [
  ["setting first", here(["/a/nablint", "/usr/bin/nablint"], { setting: "/a/nablint" }), "/a/nablint"],
  ["workspace folder", here(["/project/.venv/bin/nablint"], { setting: "${workspaceFolder}/.venv/bin/nablint" }),
    "/project/.venv/bin/nablint"],
  ["home", here(["/home/me/bin/nablint"], { setting: "~/bin/nablint" }), "/home/me/bin/nablint"],
  ["environment before PATH", here(["/venv/bin/nablint", "/opt/bin/nablint"], { interpreter: "/venv/bin/python" }),
    "/venv/bin/nablint"],
  ["an environment given as a folder's file", here(["/conda/bin/nablint"], { interpreter: "/conda/python" }),
    "/conda/bin/nablint"],
  ["PATH last", here(["/opt/bin/nablint"], { interpreter: "/venv/bin/python" }), "/opt/bin/nablint"],
];

for (const [name, surroundings, program] of CASES) {
  test(name, () => {
    const found = findProgram(surroundings);
    assert.ok("program" in found);
    assert.equal(found.program, program);
  });
}

test("a setting that names nothing is not passed over in silence", () => {
  const found = findProgram(here(["/usr/bin/nablint"], { setting: "/gone/nablint" }));
  assert.ok("missing" in found && found.missing.includes("/gone/nablint"));
});

test("nowhere: what to do", () => {
  const found = findProgram(here([]));
  assert.ok("missing" in found && found.missing.includes("pip install nablint"));
});
