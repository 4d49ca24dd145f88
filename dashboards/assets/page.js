// What HTML alone can't do. Every page is whole without it.
'use strict';

// A button beside a text that is there to be copied; `data-copies` says what the text is.
for (const button of document.querySelectorAll('button[data-copies]')) {
  if (!navigator.clipboard) continue; // Only pages of https and of this machine may copy.
  const say = (words) => {
    button.textContent = words;
    button.setAttribute('aria-label', `${words}: ${button.dataset.copies}`);
  };
  say('Copy');
  button.hidden = false;
  button.addEventListener('click', async () => {
    const text = button.parentElement.querySelector('code').textContent;
    try {
      await navigator.clipboard.writeText(text);
      say('Copied');
    } catch {
      say('Not allowed here');
    }
    setTimeout(() => say('Copy'), 2000);
  });
}
