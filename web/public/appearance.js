// Runs before anything is painted, so that a chosen theme and language hold from the first frame.
try {
  const { dataset } = document.documentElement;
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") dataset.theme = theme;
  document.documentElement.lang =
    localStorage.getItem("language") || (navigator.language.startsWith("fr") ? "fr" : "en");
} catch {
  // A browser that stores nothing shows the theme and the language of its system.
}
