// Where the nablint program is: the setting, the selected Python environment, PATH.  No editor in here, so that it is
// tested without one.

import * as path from "node:path";

export interface Surroundings {
  /** The setting `nablint.path`; empty when it is not set. */
  setting: string;
  /** The interpreter that the Python extension has selected, if there is one. */
  interpreter: string | undefined;
  workspaceFolder: string | undefined;
  home: string;
  /** The search path for programs. */
  PATH: string;
  windows: boolean;
  isFile(file: string): boolean;
}

export type Found = { program: string; from: "setting" | "environment" | "PATH" } | { missing: string };

/** The program to start, or one line that says what to do. */
export function findProgram(here: Surroundings): Found {
  const names = here.windows ? ["nablint.exe", "nablint.cmd"] : ["nablint"];
  const setting = expand(here.setting.trim(), here);
  if (setting) {
    return here.isFile(setting)
      ? { program: setting, from: "setting" }
      : { missing: `nablint.path names ${setting}, which does not exist: correct the setting or empty it` };
  }
  if (here.interpreter) {
    const folder = path.dirname(here.interpreter);
    for (const bin of [folder, path.join(folder, "Scripts"), path.join(folder, "bin")]) {
      const program = names.map((name) => path.join(bin, name)).find(here.isFile);
      if (program) return { program, from: "environment" };
    }
  }
  for (const folder of here.PATH.split(here.windows ? ";" : ":").filter(Boolean)) {
    const program = names.map((name) => path.join(folder, name)).find(here.isFile);
    if (program) return { program, from: "PATH" };
  }
  const where = here.interpreter ? `the environment of ${here.interpreter}` : "the selected Python environment";
  return { missing: `nablint is neither in ${where} nor on PATH: run "pip install nablint" there, or set nablint.path` };
}

function expand(value: string, here: Surroundings): string {
  const replaced = value.replace(/\$\{workspaceFolder\}/g, here.workspaceFolder ?? "");
  return replaced.startsWith("~") ? path.join(here.home, replaced.slice(1)) : replaced;
}
