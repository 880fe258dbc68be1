"""Values as self-contained HTML pages. Text that a person wrote is cleaned here, and escaped by the templates."""
