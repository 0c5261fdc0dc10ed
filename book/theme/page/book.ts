// What every page can do: each part finds its own elements and leaves a page without them alone.
import { cards } from "./cards";
import { contents } from "./contents";
import { copyButtons } from "./copy";
import { presentation } from "./presentation";
import { searchDialog } from "./search_dialog";
import { tabs } from "./tabs";
import { themeButton } from "./theme";

const button = document.querySelector<HTMLButtonElement>("[data-action='theme']");
if (button) themeButton(button);
contents();
cards();
copyButtons();
tabs();
presentation();
searchDialog();
