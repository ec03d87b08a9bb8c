"""The roster: schools, terms, classes, students, enrollments and homeroom assignments."""
