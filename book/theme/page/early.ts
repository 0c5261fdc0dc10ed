// Runs before the first paint, so that nothing flashes: says that scripts run, and sets the reader's theme.
import { storedTheme } from "./theme";

const root = document.documentElement;
root.classList.add("script");
const chosen = storedTheme();
if (chosen) root.dataset["theme"] = chosen;
