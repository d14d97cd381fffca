// The side panel with a derivation; one, which follows what is asked for.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Derivation, page } from "./page";

let panel: vscode.WebviewPanel | undefined;

export function showDerivation(derivation: Derivation | null | undefined): void {
  if (!derivation) {
    void vscode.window.showInformationMessage("nablint: no derivation here; put the cursor on a gradient");
    return;
  }
  if (!panel) {
    const beside = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    panel = vscode.window.createWebviewPanel("nablint.derivation", "Derivation", beside, { enableScripts: false });
    panel.onDidDispose(() => (panel = undefined));
  }
  panel.webview.html = page(derivation, randomBytes(16).toString("base64url"));
  panel.reveal(undefined, true);
}
