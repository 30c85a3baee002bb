"""The door for people: pages for advisers, operators, approvers, reviewers, managers and auditors."""
