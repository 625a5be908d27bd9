// A button that copies, beside every text made for it.
addEventListener("DOMContentLoaded", () => {
  for (const part of document.querySelectorAll(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const text = part.querySelector(".copied");
      try {
        await navigator.clipboard.writeText(text.innerText.trim());
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected";
      }
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    part.append(button);
  }
});
