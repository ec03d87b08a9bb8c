"""The portal as an app on the phone: installable, with a page that says so when there is no network, and with the contact
book that a guardian read last, on a device of the own, for a day at most.

``views`` gives manifest, service worker and offline page; ``kept`` says whose copy a browser may hold and for how long, and
``service-worker.js`` obeys it. What is kept, and what can happen to it: docs/decisions/0020-the-app-on-the-phone.md.
"""
