"""The shell: templates, components, static files, what every page shows. Imported by no slice."""
