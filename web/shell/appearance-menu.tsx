import { chooseLanguage, languages, useLanguage } from "../app/language.ts";
import { chooseTheme, themes, useTheme } from "../app/theme.ts";
import { Icon } from "../design/icons.tsx";
import { Popover } from "../design/popover.tsx";
import { useTexts } from "./texts.ts";

/** The theme and the language, for this browser. */
export function AppearanceMenu() {
  const t = useTexts();
  const theme = useTheme();
  const language = useLanguage();
  return (
    <Popover
      className="appearance"
      buttonClass="icon-button"
      label={`${t.theme.label}, ${t.language}`}
      button={<Icon name="theme" />}
    >
      <div className="menu">
        <Choice
          name="theme"
          label={t.theme.label}
          chosen={theme}
          choices={themes.map((theme) => [theme, t.theme[theme]])}
          onChoose={chooseTheme}
        />
        <Choice
          name="language"
          label={t.language}
          chosen={language}
          choices={Object.entries(languages)}
          onChoose={chooseLanguage}
        />
      </div>
    </Popover>
  );
}

function Choice<Value extends string>(props: {
  name: string;
  label: string;
  chosen: Value;
  choices: [Value, string][];
  onChoose: (chosen: Value) => void;
}) {
  return (
    <fieldset className="choice">
      <legend className="small quiet">{props.label}</legend>
      {props.choices.map(([value, label]) => (
        <label key={value} lang={props.name === "language" ? value : undefined}>
          <input
            type="radio"
            name={props.name}
            value={value}
            checked={value === props.chosen}
            onChange={() => props.onChoose(value)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
