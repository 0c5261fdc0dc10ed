// Search over the sections of the book; loaded with its index when the reader first asks for it.
import MiniSearch from "minisearch";
import type { Found } from "./search_dialog";

interface Section {
  url: string;
  page: string;
  title: string;
  text: string;
}
declare global {
  var bookSections: Section[];
}

const MOST = 20;
const EXCERPT = 140; // characters

const engine = new MiniSearch<Section>({
  idField: "url",
  fields: ["title", "page", "text"],
  storeFields: ["url", "page", "title", "text"],
  searchOptions: { boost: { title: 4, page: 2 }, prefix: true, fuzzy: 0.15, combineWith: "AND" },
});
engine.addAll(bookSections);

globalThis.bookSearch = (query: string): Found[] =>
  engine
    .search(query)
    .slice(0, MOST)
    .map((found) => ({
      url: String(found["url"]),
      page: String(found["page"]),
      title: String(found["title"]),
      excerpt: excerpt(String(found["text"]), found.terms),
    }));

/** The words round the first hit. */
function excerpt(text: string, terms: string[]): string {
  const lower = text.toLowerCase();
  const hits = terms.map((term) => lower.indexOf(term)).filter((at) => at >= 0);
  const start = Math.max(0, Math.min(...hits, text.length) - EXCERPT / 3);
  const from = start === 0 || hits.length === 0 ? 0 : text.indexOf(" ", start) + 1;
  const part = text.slice(from, from + EXCERPT);
  return `${from > 0 ? "… " : ""}${part}${from + EXCERPT < text.length ? " …" : ""}`;
}
