import { type Failure, loadBeside } from "../frame/index";
import { MODELS, SENTENCES } from "./catalogue";

/** What the script of a sentence holds; it is loaded once. */
export function load(model: string, sentence: string): Promise<object | Failure> {
  const key = `${model}/${sentence}`;
  return loadBeside<object>(`../sentences/${key}.js`, ({ mhaSentences }) => mhaSentences?.[key]).catch(
    (error: Error) => {
      const text = SENTENCES.find(({ name }) => name === sentence)?.text ?? sentence;
      const name = MODELS[model]?.name ?? model;
      return {
        error: `${name}'s attention on “${text}” could not be loaded: ${error.message}. Choose another sentence, or load the page again.`,
      };
    },
  );
}
