// The side panel with a derivation; one, which follows what is asked for and what becomes of it.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Derivation, page } from "./page";

/** Where a derivation was asked for. */
export interface Where {
  uri: string;
  line: number;
  character: number;
}

export class Panel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private shown: Where | undefined;
  private readonly listener: vscode.Disposable;

  /** ask: the derivation at a place, null where there is none. */
  constructor(private readonly ask: (where: Where) => Promise<Derivation | null | undefined>) {
    this.listener = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      if (this.panel && uris.some((uri) => uri.toString() === vscode.Uri.parse(this.shown?.uri ?? "").toString())) {
        void this.follow();
      }
    });
  }

  dispose(): void {
    this.listener.dispose();
    this.panel?.dispose();
  }

  async show(where: Where): Promise<void> {
    const derivation = await this.ask(where);
    if (!derivation) {
      void vscode.window.showInformationMessage("nablint: no derivation here; put the cursor on a gradient");
      return;
    }
    this.shown = where;
    this.panel ??= this.create();
    this.write(derivation);
    this.panel.reveal(undefined, true);
  }

  /** The code was judged again: the line may be right now.  What is being typed and cannot be read yet changes nothing. */
  private async follow(): Promise<void> {
    const where = this.shown;
    const derivation = where && (await this.ask(where));
    if (derivation?.formulas?.length && where === this.shown) this.write(derivation);
  }

  private write(derivation: Derivation): void {
    if (this.panel) this.panel.webview.html = page(derivation, randomBytes(16).toString("base64url"));
  }

  private create(): vscode.WebviewPanel {
    const beside = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel("nablint.derivation", "Derivation", beside, { enableScripts: false });
    panel.onDidDispose(() => (this.panel = undefined));
    return panel;
  }
}
