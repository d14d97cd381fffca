// Starts the server, keeps it running with the right program, and adds what only VS Code has.

import * as fs from "node:fs";
import * as os from "node:os";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, State } from "vscode-languageclient/node";
import { findProgram, type Found } from "./finding";
import type { Derivation } from "./page";
import { Panel, type Where } from "./panel";

const SELECTOR = [
  { scheme: "file", language: "python" },
  { scheme: "untitled", language: "python" },
  { scheme: "vscode-notebook-cell", language: "python" },
];

let client: LanguageClient | undefined;
let log: vscode.LogOutputChannel;
let status: vscode.LanguageStatusItem;
let panel: Panel;
let starting: Promise<void> = Promise.resolve();

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  log = vscode.window.createOutputChannel("nablint", { log: true });
  status = vscode.languages.createLanguageStatusItem("nablint", SELECTOR);
  status.name = "nablint";
  panel = new Panel(derivation);
  const command = (name: string, run: () => unknown) => vscode.commands.registerCommand(name, run);
  context.subscriptions.push(
    log,
    status,
    panel,
    command("nablint.restart", restart),
    command("nablint.showLog", () => log.show()),
    command("nablint.showDerivationHere", showDerivationHere),
    command("nablint.checkAll", () => vscode.commands.executeCommand("nablint.checkWorkspace")),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (["nablint.path", "nablint.enable"].some((name) => event.affectsConfiguration(name))) void restart();
    }),
  );
  const python = await pythonExtension();
  const changed = python?.environments?.onDidChangeActiveEnvironmentPath?.(() => void restart());
  if (changed) context.subscriptions.push(changed);
  await restart();
}

export async function deactivate(): Promise<void> {
  await stop();
}

/** One after the other, however often it is asked for. */
function restart(): Promise<void> {
  starting = starting.then(stop).then(start, start);
  return starting;
}

async function stop(): Promise<void> {
  const old = client;
  client = undefined;
  await old?.dispose();
}

async function start(): Promise<void> {
  if (!vscode.workspace.getConfiguration("nablint").get("enable", true)) {
    return say("off", vscode.LanguageStatusSeverity.Information);
  }
  const found = await program();
  if ("missing" in found) {
    log.error(found.missing);
    say("not found", vscode.LanguageStatusSeverity.Error, found.missing);
    // Not awaited: a message that nobody closes must not hold back the next start.
    void vscode.window.showErrorMessage(`nablint: ${found.missing}`, "Open Settings").then((choice) => {
      if (choice) void vscode.commands.executeCommand("workbench.action.openSettings", "nablint.path");
    });
    return;
  }
  log.info(`starting ${found.program} (from ${found.from})`);
  const run = { command: found.program, args: ["server"] };
  const started = new LanguageClient("nablint", "nablint", { run, debug: run }, options());
  client = started;
  started.onDidChangeState(({ newState }) => {
    if (client !== started) return;
    const running = newState === State.Running;
    status.busy = newState === State.Starting;
    const version = started.initializeResult?.serverInfo?.version ?? "";
    if (running) say(`nablint ${version}`, vscode.LanguageStatusSeverity.Information, found.program);
    else if (newState === State.Stopped) say("stopped", vscode.LanguageStatusSeverity.Warning);
  });
  try {
    await started.start();
  } catch (error) {
    log.error(`${found.program} server: ${error}`);
    say("failed to start", vscode.LanguageStatusSeverity.Error, "see the log");
  }
}

function options(): LanguageClientOptions {
  return {
    documentSelector: SELECTOR,
    outputChannel: log,
    initializationOptions: { settings: settings() },
    synchronize: { configurationSection: "nablint" },
    diagnosticPullOptions: { onChange: true, onSave: true },
    middleware: {
      async executeCommand(name, args, next) {
        if (name !== "nablint.showDerivation") return next(name, args);
        await panel.show(args[0]);
      },
    },
  };
}

function settings(): Record<string, unknown> {
  const chosen = vscode.workspace.getConfiguration("nablint");
  const names = ["select", "ignore", "configuration", "diagnosticMode", "inlayHints", "codeLens", "pictures"];
  return Object.fromEntries(names.map((name) => [name, chosen.get(name)]));
}

/** The derivation at a place, with its formulas in MathML. */
async function derivation(where: Where): Promise<Derivation | null | undefined> {
  const params = { command: "nablint.derivation", arguments: [{ ...where, mathml: true }] };
  return client?.isRunning() ? client.sendRequest("workspace/executeCommand", params) : undefined;
}

async function showDerivationHere(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  const { line, character } = editor.selection.active;
  const where = { uri: client?.code2ProtocolConverter.asUri(editor.document.uri), line, character };
  await vscode.commands.executeCommand("nablint.showDerivation", where);
}

function say(text: string, severity: vscode.LanguageStatusSeverity, detail?: string): void {
  status.text = text;
  status.severity = severity;
  status.detail = detail ?? "";
  status.command =
    severity === vscode.LanguageStatusSeverity.Information
      ? { title: "Restart", command: "nablint.restart" }
      : { title: "Show log", command: "nablint.showLog" };
}

interface PythonApi {
  environments?: {
    getActiveEnvironmentPath?(resource?: vscode.Uri): { path: string };
    resolveEnvironment?(environment: { path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath?(listener: () => void): vscode.Disposable;
  };
}

async function pythonExtension(): Promise<PythonApi | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>("ms-python.python");
  try {
    return await extension?.activate();
  } catch (error) {
    log.warn(`the Python extension did not start: ${error}`);
    return undefined;
  }
}

async function program(): Promise<Found> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  const environments = (await pythonExtension())?.environments;
  const active = environments?.getActiveEnvironmentPath?.(folder?.uri);
  const resolved = active && (await environments?.resolveEnvironment?.(active));
  return findProgram({
    setting: vscode.workspace.getConfiguration("nablint").get("path", ""),
    interpreter: resolved?.executable.uri?.fsPath ?? active?.path,
    workspaceFolder: folder?.uri.fsPath,
    home: os.homedir(),
    PATH: process.env["PATH"] ?? "",
    windows: process.platform === "win32",
    isFile: (file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false,
  });
}
