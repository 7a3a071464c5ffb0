// Asks the server what a form would do and shows the answer. Only the newest question counts.

export class Preview {
  constructor({ form, place, address = form.action, failed }) {
    Object.assign(this, { form, place, address, failed });
    this.asked = 0;
    this.timer = 0;
  }

  // Ask in a moment; another call before that starts the moment anew.
  soon(fill, done, moment = 350) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(fill, done), moment);
  }

  stop() {
    window.clearTimeout(this.timer);
    this.asked += 1;
  }

  async ask(fill, done) {
    window.clearTimeout(this.timer);
    this.asked += 1;
    const question = this.asked;
    const data = new FormData(this.form);
    fill(data);
    this.place.setAttribute("aria-busy", "true");
    let answer = null;
    try {
      const reply = await fetch(this.address, { method: "POST", body: data, redirect: "error", headers: { "X-Requested-With": "fetch" } });
      const isJson = (reply.headers.get("Content-Type") || "").includes("json");
      answer = reply.ok ? (isJson ? await reply.json() : { html: await reply.text() }) : null;
    } catch {
      answer = null; // the network is away, or the session has ended
    }
    if (question !== this.asked) return;
    this.place.removeAttribute("aria-busy");
    if (answer) {
      this.place.innerHTML = answer.html;
    } else {
      const note = document.createElement("p");
      note.className = "ll-note grave";
      note.textContent = this.failed;
      this.place.replaceChildren(note);
    }
    done?.(answer);
  }
}

// Faults of a preview at their fields and cells; those of the preview before go.
export function showFaults(form, grid, faults) {
  grid.rows.forEach((row) => grid.clear(row));
  for (const old of form.querySelectorAll(".bg-head .bg-fault")) old.remove();
  for (const one of form.querySelectorAll(".bg-head [aria-invalid]")) one.removeAttribute("aria-invalid");
  for (const fault of faults) {
    if (fault.row !== undefined) {
      grid.blame(grid.rows[fault.row], fault.cell === "row" ? "account" : fault.cell, fault.text);
      continue;
    }
    const field = form.elements[fault.field];
    const place = field?.closest?.(".bg-field");
    if (!place) continue;
    field.setAttribute("aria-invalid", "true");
    const text = document.createElement("span");
    text.className = "bg-fault";
    text.textContent = fault.text;
    place.append(text);
    place.closest("details")?.setAttribute("open", "");
  }
}
