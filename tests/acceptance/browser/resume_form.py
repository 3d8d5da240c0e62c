"""The form behind Resume in Prefect's first UI, as a person fills it in: by the labels that they read."""

import json
from datetime import date

from tests.acceptance.browser.chrome import Chrome

BOX = "document.querySelector('.p-modal__body')"


def field(label: str) -> str:
    """The field under a label, as an expression of the page."""
    return (
        f"[...{BOX}.querySelectorAll('.schema-form-property')]"
        f".find(e=>e.querySelector('.schema-form-property__label').innerText.startsWith({json.dumps(label)}))"
    )


def open_form(browser: Chrome) -> None:
    """Press Resume, and wait for the fields."""
    button = "[...document.querySelectorAll('button')].find(e=>e.innerText.trim()==='Resume')"
    browser.until(f"!!({button})", 60)
    browser.until("!document.body.innerText.includes('No access')", 60)  # what the form needs has been read
    browser.press(button)
    browser.until(f"!!{BOX} && !!({field('What you do')})", 60)


def choose(browser: Chrome, label: str, option: str) -> None:
    """Open a drop-down by a click into it, and take an option."""
    browser.press(f"{field(label)}.querySelector('.p-select-button__control')")
    wanted = f"[...document.querySelectorAll('.p-select-option')].find(e=>e.innerText.trim()==={json.dumps(option)})"
    browser.press(wanted)
    browser.until(f"{field(label)}.querySelector('.p-select-button').innerText.includes({json.dumps(option)})")


def write(browser: Chrome, label: str, text: str) -> None:
    """Type into a field."""
    browser.fill(f"{field(label)}.querySelector('textarea, input')", text)


def submit(browser: Chrome) -> None:
    """Send it, and wait until the box is gone; pressed again when a locked SQLite made the page say Oops."""
    browser.press_text("Submit")
    browser.until(f"!{BOX} || document.body.innerText.includes('Oops')", 60)
    if browser.value(f"!!{BOX}"):
        browser.press_text("Submit")
    browser.until(f"!{BOX}", 60)


def pick_date(browser: Chrome, label: str, day: date) -> None:
    """Say that there is a date, open the calendar, and type it."""
    browser.press(f"[...{field(label)}.querySelectorAll('button')].find(e=>e.innerText.trim()==='date')")
    browser.press(f"{field(label)}.querySelector('.p-date-button__control')")
    browser.until("!!document.querySelector('.p-date-picker input')")
    browser.value("document.querySelector('.p-date-picker input').focus()")
    browser.keys(f"{day:%m%d%Y}")
    browser.press_text("Apply")
    browser.until(f"{field(label)}.innerText.includes('{day:%b} {day.day}')")
