// Where the choices of the lines come from: accounts from the server, each question asked once; tax codes from the page.

export class Lookup {
  constructor(address, options) {
    this.address = address;
    this.known = new Map();
    this.codes = [...(options || [])].map((option) => ({ value: option.value, label: option.textContent }));
  }

  // Accounts {number, name, tax_code} that fit; none where the server cannot be asked.
  async accounts(text) {
    if (!this.known.has(text)) {
      const reply = await fetch(`${this.address}?q=${encodeURIComponent(text)}`, { redirect: "error" }).catch(() => null);
      if (!reply?.ok) return [];
      this.known.set(text, (await reply.json()).accounts);
    }
    return this.known.get(text);
  }

  async accountChoices(text) {
    return (await this.accounts(text)).map((account) => ({ ...account, value: account.number, label: account.name, note: account.tax_code }));
  }

  // Codes that begin with the text, then those that hold it in code or name.
  taxChoices(text) {
    const wanted = text.toLowerCase();
    const starts = this.codes.filter((code) => code.value.toLowerCase().startsWith(wanted));
    const holds = this.codes.filter((code) => !starts.includes(code) && `${code.value} ${code.label}`.toLowerCase().includes(wanted));
    return [...starts, ...holds].slice(0, 12);
  }
}
