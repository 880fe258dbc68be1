"use strict";
(() => {
  // So many sends fit into the cell of a day, also on paper. Of more, the first ones are shown and the others counted.
  const FEW = 3;
  const FEW_OF_FIVE_WEEKS = 4;
  const root = document.documentElement;
  const all = (selector, parent = document) => [...parent.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  root.classList.add("js");

  const chipOf = new Map(all(".chip").map((chip) => [chip.hash.slice(1), chip.parentElement]));
  const sends = all(".agenda .send").map((item) => {
    const time = item.querySelector("time");
    return {
      item,
      order: Number(item.id.slice(1)),
      chip: chipOf.get(item.id),
      options: new Set(item.dataset.options.split(" ")),
      local: { day: item.closest(".day").dataset.day, time: time.textContent, zone: item.querySelector(".zone").textContent },
      // Only a page with several zones names them beside each time.
      short: chipOf.get(item.id).querySelector(".zone")?.textContent,
      utc: { day: time.dateTime.slice(0, 10), time: time.dateTime.slice(11, 16), zone: "UTC" },
    };
  });
  const months = all(".month");
  const total = Number(document.body.dataset.count);
  const boxes = all("[data-option]");
  const gravest = document.body.dataset.gravest.split(" ");
  const state = { view: "", month: "", zone: "local" };
  const counted = (number, singular = "send") => `${number.toLocaleString("en")} ${singular}${number === 1 ? "" : "s"}`;
  // How many of some items do not go out, as in the text of the page: `, 3 refused`.
  const heldStates = document.body.dataset.held.split(" ");
  const held = (items) =>
    heldStates.map((word) => [word, items.filter((item) => item.classList.contains(word)).length]).filter(([, count]) => count).map(([word, count]) => `, ${count} ${word}`).join("");
  const isUtc = () => state.zone === "utc";

  // ---- the zone: every send moves to its day, whose name Python has computed for both

  function applyZone() {
    const utc = isUtc();
    const clockOf = (send) => (utc ? send.utc : send.local);
    const place = (send) => `${clockOf(send).day} ${clockOf(send).time}`;
    const ordered = [...sends].sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : a.order - b.order));
    for (const send of ordered) {
      const { day, time, zone } = clockOf(send);
      if (!send.item.dataset.once) {
        send.item.querySelector("time").textContent = time;
        send.chip.querySelector("time").textContent = time;
      }
      send.item.querySelector(".zone").textContent = zone;
      if (send.short) send.chip.querySelector(".zone").textContent = utc ? "UTC" : send.short;
      byId(`d${day}`).querySelector(".sends").append(send.item);
      byId(`c${day}`).querySelector(".chips").append(send.chip);
    }
    for (const strip of all(".hours")) {
      const number = utc ? strip.dataset.stripUtc : strip.dataset.strip;
      strip.firstElementChild.setAttribute("href", `#q${number}`);
    }
    for (const quiet of all("[data-local]")) {
      quiet.textContent = (utc && quiet.dataset.utc) || quiet.dataset.local;
    }
    for (const day of all("td[data-day], .day")) {
      day.classList.toggle("now", Boolean(utc ? day.dataset.todayUtc : day.dataset.today));
    }
  }

  // ---- the filters: one of the checked choices of each group has to hold

  function applyFilters() {
    const groups = all("[data-filter]")
      .map((group) => all("input:checked", group).map((box) => box.dataset.option))
      .filter((group) => group.length);
    for (const send of sends) {
      const hidden = !groups.every((group) => group.some((option) => send.options.has(option)));
      send.item.hidden = send.chip.hidden = hidden;
    }
    for (const day of all(".day")) {
      day.hidden = !day.querySelector(".send:not([hidden])");
    }
    for (const cell of all("td[data-day]")) {
      fillCell(cell);
    }
    for (const month of months) {
      const passing = all(".send:not([hidden])", month);
      const count = passing.length;
      const sum = Number(isUtc() ? month.dataset.countUtc : month.dataset.count);
      month.querySelector(".tally").textContent = (count === sum ? counted(count) : `${count} of ${counted(sum)}`) + held(passing);
      const nothing = month.querySelector(".nothing");
      nothing.hidden = count > 0;
      nothing.textContent = sum ? `No send in ${month.dataset.title} passes the filters.` : `No sends in ${month.dataset.title}.`;
    }
    const active = boxes.filter((box) => box.checked).length;
    if (byId("active")) {
      byId("active").textContent = active || "";
      byId("clear").disabled = !active;
    }
  }

  function fillCell(cell) {
    const chips = all(".chips > li", cell);
    const shown = chips.filter((chip) => !chip.hidden);
    const fit = cell.closest("table").classList.contains("w6") ? FEW : FEW_OF_FIVE_WEEKS;
    const visible = shown.length > fit ? FEW : shown.length;
    shown.forEach((chip, index) => (chip.hidden = index >= visible));
    // On paper, there is room for audience and owner where few sends are.
    cell.classList.toggle("roomy", visible <= 2);
    cell.classList.toggle("full", visible > FEW);
    const more = cell.querySelector(".more");
    if (!more) return;
    more.hidden = !shown.length;
    more.classList.toggle("only-narrow", visible === shown.length);
    const title = byId(`d${cell.dataset.day}`).querySelector("h3").textContent;
    const wide = ofStates("wide", shown.slice(visible), `+${shown.length - visible} more`);
    const narrow = ofStates("narrow", shown, shown.length);
    const where = document.createElement("span");
    where.className = "unseen";
    where.textContent = ` on ${title}`;
    more.replaceChildren(wide, narrow, where);
    cell.closest(".month").classList.toggle("busy", Boolean(cell.closest(".month").querySelector(".more:not(.only-narrow):not([hidden])")));
  }

  // A number of sends in the colour and with the sign of the gravest state, and all their states for a screen reader.
  function ofStates(name, items, text) {
    const looks = gravest.map((slug) => [slug, items.filter((item) => item.querySelector(`.chip.${slug}`))]).filter(([, found]) => found.length);
    const span = document.createElement("span");
    span.className = name;
    span.append(text);
    if (!looks.length) return span;
    const [slug, [first]] = looks[0];
    span.classList.add(slug);
    span.prepend(first.querySelector(".i").cloneNode(true));
    const states = document.createElement("span");
    states.className = "unseen";
    states.textContent = `: ${looks.map(([, found]) => `${found.length} ${found[0].querySelector(".word").textContent}`).join(", ")}`;
    span.append(states);
    return span;
  }

  // ---- what is shown

  const isStop = (month) => Number(isUtc() ? month.dataset.countUtc : month.dataset.count) > 0 || month.dataset.kept;
  const stops = () => months.filter(isStop);

  function showMonth() {
    const choices = stops();
    const ids = choices.map((month) => month.dataset.month);
    if (!ids.includes(state.month)) {
      state.month = ids.find((id) => id >= state.month) || ids[ids.length - 1] || "";
    }
    for (const month of months) {
      month.hidden = false;
      month.classList.toggle("current", month.dataset.month === state.month);
    }
    const index = ids.indexOf(state.month);
    byId("previous").disabled = index <= 0;
    byId("next").disabled = index >= ids.length - 1;
    const select = byId("months");
    for (const option of select.options) {
      option.hidden = option.disabled = !ids.includes(option.value);
    }
    select.value = state.month;
    const today = document.body.dataset.today;
    byId("today").disabled = !ids.includes(today);
    byId("today").title = ids.includes(today) ? "" : "This calendar has no sends in the month of today";
  }

  function show(changes = {}) {
    const before = { ...state };
    Object.assign(state, changes);
    if (before.zone !== state.zone) applyZone();
    applyFilters();
    showMonth();
    root.dataset.view = state.view;
    for (const button of all("button[data-view]")) button.setAttribute("aria-pressed", button.dataset.view === state.view);
    for (const button of all("button[data-zone]")) button.setAttribute("aria-pressed", button.dataset.zone === state.zone);
    report();
    keep();
  }

  function report() {
    const passed = sends.filter((send) => !send.item.hidden).map((send) => send.item);
    const shown = passed.length;
    const month = months.find((each) => each.classList.contains("current"));
    const tally = month ? `${month.dataset.title}: ${month.querySelector(".tally").textContent}.` : "";
    // What a filter lets pass although it does not name it.
    const notes = all("[data-filter]")
      .filter((group) => all("input:checked", group).some((box) => box.value))
      .map((group) => group.querySelector(".note")?.textContent);
    const passing = notes.filter(Boolean).map((note) => ` ${note}`).join("");
    const all_of = shown === total ? `${counted(total)} in all${held(passed)}.` : `${shown} of ${counted(total)} pass the filters${held(passed)}.`;
    const local = document.querySelector("button[data-zone=local]");
    const several = local?.dataset.several;
    const zone = isUtc() || !local ? "UTC" : several ? "the zone of each workspace" : local.textContent;
    byId("status").textContent = `${tally} ${all_of}${passing} Times in ${zone}.`;
    const chosen = all("[data-filter]").map((group) => {
      const names = all("input:checked", group).map((box) => box.parentElement.querySelector(".badge, bdi").textContent);
      return names.length ? `${group.querySelector("legend").textContent}: ${names.join(", ")}. ` : "";
    });
    const filters = chosen.join("");
    byId("printed").textContent = `Times in ${zone}.` + (filters ? ` Filtered, ${shown} of ${total} sends. ${filters}${passing.trim()}`.trimEnd() : "");
  }

  // ---- the address: what is chosen can be shared as a link

  function keep() {
    const values = new URLSearchParams({ view: state.view, month: state.month });
    if (isUtc()) values.set("zone", "utc");
    for (const box of boxes.filter((each) => each.checked)) {
      values.append(box.closest("[data-filter]").dataset.filter, box.value);
    }
    try {
      history.replaceState(null, "", `#${values}`);
    } catch {
      // A viewer of attachments may forbid it; then the page works without an address.
    }
  }

  function restore() {
    const values = new URLSearchParams(location.hash.slice(1));
    const narrow = matchMedia("(max-width: 44rem)").matches;
    for (const box of boxes) {
      box.checked = values.getAll(box.closest("[data-filter]").dataset.filter).includes(box.value);
    }
    if (boxes.some((box) => box.checked) && !narrow) openPanel(true);
    const view = values.get("view");
    const target = /^[ds]\d/.test(location.hash.slice(1)) && byId(location.hash.slice(1));
    show({
      view: view === "month" || view === "agenda" ? view : narrow ? "agenda" : "month",
      month: values.get("month") || (target && target.closest(".month").dataset.month) || document.body.dataset.start,
      zone: values.get("zone") === "utc" ? "utc" : "local",
    });
    if (target) openDialog(target);
  }

  function openPanel(open) {
    byId("panel").hidden = !open;
    byId("filters").setAttribute("aria-expanded", open);
  }

  // ---- one send, or all of a day, in a dialog

  const dialog = byId("dialog");

  function openDialog(target) {
    const day = target.closest(".day");
    const single = target.classList.contains("send");
    const items = single ? [target] : all(".send:not([hidden])", day);
    byId("dialog-title").textContent = single ? day.querySelector("h3").textContent : `${day.querySelector("h3").textContent}: ${counted(items.length)}${held(items)}`;
    byId("dialog-sends").replaceChildren(
      ...items.map((item) => {
        const copy = item.cloneNode(true);
        copy.removeAttribute("id");
        copy.hidden = false;
        if (single) copy.querySelector("details").open = true;
        return copy;
      }),
    );
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    byId("dialog-title").focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link) {
      event.preventDefault();
      openDialog(byId(link.hash.slice(1)));
    } else if (event.target === dialog) {
      dialog.close();
    }
  });
  byId("dialog-close").addEventListener("click", () => dialog.close());

  if (!total) {
    // The months that were asked for have no sends, but days on which nothing may go out.
    for (const month of months) month.classList.add("current");
    return;
  }

  // ---- the controls

  const step = (distance) => {
    const ids = stops().map((month) => month.dataset.month);
    const next = ids[ids.indexOf(state.month) + distance];
    if (next) show({ month: next });
  };
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("today").addEventListener("click", () => show({ month: document.body.dataset.today }));
  byId("months").addEventListener("change", (event) => show({ month: event.target.value }));
  byId("print").addEventListener("click", () => window.print());
  for (const button of all("button[data-view]")) button.addEventListener("click", () => show({ view: button.dataset.view }));
  for (const button of all("button[data-zone]")) button.addEventListener("click", () => show({ zone: button.dataset.zone }));
  for (const box of boxes) box.addEventListener("change", () => show());
  byId("filters")?.addEventListener("click", () => openPanel(byId("panel").hidden));
  byId("clear")?.addEventListener("click", () => {
    for (const box of boxes) box.checked = false;
    show();
    byId("filters").focus();
  });
  window.addEventListener("hashchange", restore);
  applyZone();
  restore();
})();
