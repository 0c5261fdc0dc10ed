// The book's own roles. They only name things; the theme and the notebooks decide how they look.
//
//   {fact}`michel2019.base-bleu`    the value with its unit, its source on hover and focus
//   {bare}`michel2019.base-bleu`    the same without the unit, for a table that names it once
//   {tested}`tests/test_x.py::test_claim`   a mark: this claim is checked by that test
import { execFileSync } from "node:child_process";

// One Python process a build reads and checks facts.yml.
const facts = JSON.parse(execFileSync("python", ["-m", "book.facts"], { encoding: "utf-8" }));

/** A role whose text is a fact; an unknown id is an error of the page. */
const factRole = (name, shown) => ({
  name,
  doc: "A figure from facts.yml, by its id.",
  body: { type: String, required: true },
  run({ body }, file) {
    const id = body.trim();
    const fact = facts[id];
    if (!fact) {
      const message = file.message(`no fact ${JSON.stringify(id)} in facts.yml: correct the id or add the fact`);
      message.fatal = true;
      return [{ type: "text", value: "?" }];
    }
    return [{ type: "span", class: "fact", data: { fact: id }, children: [{ type: "text", value: shown(fact) }] }];
  },
});

const testedRole = {
  name: "tested",
  doc: "Names the test that checks the claim before it.",
  body: { type: String, required: true },
  run: ({ body }) => [
    { type: "span", class: "tested", data: { test: body.trim() }, children: [{ type: "text", value: "✓" }] },
  ],
};

export default {
  name: "mha-lessons",
  roles: [factRole("fact", (fact) => fact.shown), factRole("bare", (fact) => fact.value), testedRole],
};
