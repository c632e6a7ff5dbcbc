// Filters and sorts tables, and searches the pages. Everything is there
// without it.
(function () {
  'use strict';
  var fold = function (text) {
    return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase();
  };
  // A cell as something to compare: a number or a day where it is written as
  // one, else its text.
  var key = function (cell) {
    var text = cell ? cell.textContent.replace(/[\u00a0\u202f]/g, ' ').trim() : '';
    var day = /^(\d{2})\/(\d{2})\/(\d{4})/.exec(text);
    if (day) { return Number(day[3] + day[2] + day[1]); }
    var number = /^[\u2212+-]?\d[\d.]*(,\d+)?/.exec(text);
    if (number) {
      return Number(number[0].replace(/\./g, '').replace(',', '.').replace('\u2212', '-'));
    }
    if (text === '' || text.charAt(0) === '\u2013') { return null; }
    return fold(text);
  };
  var compare = function (one, other) {
    if (one === null || other === null) { return one === other ? 0 : one === null ? 1 : -1; }
    if (typeof one === typeof other) { return one < other ? -1 : one > other ? 1 : 0; }
    return typeof one === 'number' ? -1 : 1;
  };
  var sort = function (table, heading, at) {
    var descending = heading.getAttribute('aria-sort') === 'ascending';
    table.querySelectorAll('thead th').forEach(function (other) { other.removeAttribute('aria-sort'); });
    heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    var body = table.tBodies[0];
    var rows = Array.prototype.map.call(body.rows, function (row) {
      return { row: row, key: key(row.cells[at]), total: row.classList.contains('total') };
    });
    rows.sort(function (one, other) {
      if (one.total !== other.total) { return one.total ? 1 : -1; }
      var order = compare(one.key, other.key);
      return one.key === null || other.key === null ? order : descending ? -order : order;
    });
    rows.forEach(function (entry) { body.appendChild(entry.row); });
  };
  var sortable = function (table) {
    if (table.tBodies.length !== 1 || table.querySelector('.group') || table.tHead.rows.length !== 1) { return; }
    if (table.tBodies[0].rows.length < 4) { return; }
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (heading, at) {
      var button = document.createElement('button');
      button.type = 'button';
      while (heading.firstChild) { button.appendChild(heading.firstChild); }
      heading.appendChild(button);
      button.addEventListener('click', function () { sort(table, heading, at); });
    });
  };
  var count = 0;
  var filterable = function (table) {
    var rows = table.querySelectorAll('tbody tr:not(.group)');
    if (rows.length < 15) { return; }
    count += 1;
    var form = document.createElement('div');
    form.className = 'filter';
    var label = document.createElement('label');
    label.htmlFor = 'filter-' + count;
    label.textContent = 'Filter de rijen van deze tabel';
    var input = document.createElement('input');
    input.id = 'filter-' + count;
    input.type = 'search';
    input.autocomplete = 'off';
    var output = document.createElement('output');
    output.setAttribute('for', input.id);
    form.append(label, input, output);
    var region = table.closest('.scroll');
    region.parentNode.insertBefore(form, region);
    var texts = Array.prototype.map.call(rows, function (row) { return fold(row.textContent); });
    input.addEventListener('input', function () {
      var words = fold(input.value).split(/\s+/).filter(Boolean);
      var shown = 0;
      rows.forEach(function (row, at) {
        var hit = words.every(function (word) { return texts[at].indexOf(word) >= 0; });
        row.hidden = !hit;
        if (hit) { shown += 1; }
      });
      table.querySelectorAll('tbody').forEach(function (body) {
        var group = body.querySelector('.group');
        if (group) { group.hidden = !body.querySelector('tr:not(.group):not([hidden])'); }
      });
      output.textContent = words.length ? shown + ' van ' + rows.length + ' rijen' : '';
    });
  };
  var search = function () {
    var form = document.querySelector('form.search');
    if (!form || !window.peilIndex) { return; }
    var entries = window.peilIndex.map(function (entry) {
      return { title: entry[0], address: entry[1], kind: entry[2], name: fold(entry[0]), all: fold(entry.join(' ')) };
    });
    var input = form.querySelector('input');
    var hits = document.getElementById('treffers');
    var status = document.getElementById('gevonden');
    var list = document.getElementById('lijst');
    form.hidden = false;
    form.addEventListener('submit', function (event) { event.preventDefault(); });
    var show = function () {
      var words = fold(input.value).split(/\s+/).filter(Boolean);
      hits.textContent = '';
      list.hidden = words.length > 0;
      status.textContent = '';
      if (!words.length) { return; }
      var found = entries.filter(function (entry) {
        return words.every(function (word) { return entry.all.indexOf(word) >= 0; });
      });
      found.forEach(function (entry) {
        entry.rank = entry.name.indexOf(words[0]) === 0 ? 0 : entry.name.indexOf(words[0]) > 0 ? 1 : 2;
      });
      found.sort(function (one, other) { return one.rank - other.rank || (one.name < other.name ? -1 : 1); });
      status.textContent = found.length === 1 ? '1 pagina gevonden' : found.length + ' pagina\u2019s gevonden';
      found.slice(0, 50).forEach(function (entry) {
        var item = document.createElement('li');
        var link = document.createElement('a');
        link.href = entry.address;
        link.textContent = entry.title;
        var kind = document.createElement('small');
        kind.textContent = entry.kind;
        item.append(link, kind);
        hits.appendChild(item);
      });
    };
    input.addEventListener('input', show);
    var asked = /[?&]q=([^&]*)/.exec(location.search);
    if (asked) {
      input.value = decodeURIComponent(asked[1].replace(/\+/g, ' '));
      show();
    }
  };
  document.addEventListener('DOMContentLoaded', function () {
    document.querySelectorAll('table.data').forEach(function (table) {
      if (table.closest('details')) { return; }
      sortable(table);
      filterable(table);
    });
    search();
  });
}());
